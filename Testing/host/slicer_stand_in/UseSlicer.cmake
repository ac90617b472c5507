# The macros that the extension's modules call.

include(CMakeParseArguments)
include(CTest)

# Every file is copied to the build tree under the path exactly as given; what is staged there is installed.
function(slicerMacroBuildScriptedModule)
  cmake_parse_arguments(MODULE "WITH_GENERIC_TESTS;WITH_SUBDIR" "NAME" "SCRIPTS;RESOURCES" ${ARGN})
  set(staged ${CMAKE_BINARY_DIR}/${Slicer_QTSCRIPTEDMODULES_LIB_DIR})
  set(copies)
  foreach(file IN LISTS MODULE_SCRIPTS MODULE_RESOURCES)
    if(NOT EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${file})
      message(FATAL_ERROR "${file} is listed but does not exist")
    endif()
    add_custom_command(
      OUTPUT ${staged}/${file}
      COMMAND ${CMAKE_COMMAND} -E copy ${CMAKE_CURRENT_SOURCE_DIR}/${file} ${staged}/${file}
      DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${file}
      )
    list(APPEND copies ${staged}/${file})
  endforeach()
  add_custom_target(${MODULE_NAME} ALL DEPENDS ${copies})
  install(DIRECTORY "${staged}/" DESTINATION ${Slicer_INSTALL_QTSCRIPTEDMODULES_LIB_DIR})
endfunction()

# Slicer runs the module's test class; here the test only has to be registered.
function(slicer_add_python_unittest)
  cmake_parse_arguments(TEST "" "SCRIPT" "" ${ARGN})
  get_filename_component(test_name ${TEST_SCRIPT} NAME_WE)
  add_test(NAME py_${test_name} COMMAND ${CMAKE_COMMAND} -E echo ${TEST_SCRIPT})
endfunction()
