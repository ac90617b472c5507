# A stand-in for the SlicerConfig.cmake of a Slicer build: enough to configure, build and install a scripted extension.
# Paths and behaviour follow SlicerMacroBuildScriptedModule.cmake and ctkMacroCompilePythonScript.cmake of Slicer 5.12.

set(Slicer_VERSION "5.12")
set(Slicer_QTSCRIPTEDMODULES_LIB_DIR "lib/Slicer-${Slicer_VERSION}/qt-scripted-modules")
set(Slicer_INSTALL_QTSCRIPTEDMODULES_LIB_DIR "${Slicer_QTSCRIPTEDMODULES_LIB_DIR}")
set(Slicer_USE_FILE "${CMAKE_CURRENT_LIST_DIR}/UseSlicer.cmake")
set(Slicer_EXTENSION_GENERATE_CONFIG "${CMAKE_CURRENT_LIST_DIR}/SlicerExtensionCheck.cmake")
set(Slicer_EXTENSION_CPACK "${CMAKE_CURRENT_LIST_DIR}/SlicerExtensionCheck.cmake")
set(Slicer_FOUND TRUE)
