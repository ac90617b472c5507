"""Arguments that several commands share."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from BratsSegmenterLib.archive import Archive, Authentication, Credentials, Profile, SettingNames
from BratsSegmenterLib.commands.values import absolute_path, dicom_path, object_kind, study_date
from BratsSegmenterLib.dicom import Contouring, GapError, ObjectKind, SeveralStudiesError
from BratsSegmenterLib.domain import Algorithm, PreprocessingSteps, Sequence
from BratsSegmenterLib.errors import (
    ArchiveError,
    BratsSegmenterError,
    ExportError,
    PreprocessingError,
    SeriesError,
    explaining_disk,
)
from BratsSegmenterLib.job_results import PrepareResult
from BratsSegmenterLib.jobs import SegmentJob
from BratsSegmenterLib.segmentation import DEFAULT_BUNDLE, DEVICES, segmenting_bundles
from BratsSegmenterLib.unattended import ArchiveSource, FolderSource, PassedOver, Rules, StudySource, Wanted

_CREDENTIALS = "user and password or a token come from BRATS_SEGMENTER_USER, _PASSWORD and _TOKEN"
_SETTING_NAMES = SettingNames(
    address="--archive",
    credentials="BRATS_SEGMENTER_USER and BRATS_SEGMENTER_PASSWORD, or BRATS_SEGMENTER_TOKEN",
    ca_file="--ca",
    certificate="--certificate",
    proxy="--proxy",
    read_timeout="",
)


def add_archive_arguments(parser: argparse.ArgumentParser, required: bool = True) -> None:
    """Where the archive is and how to trust it."""
    group = parser.add_argument_group("archive", _CREDENTIALS)
    group.add_argument("--archive", metavar="URL", required=required, help="base URL of the DICOMweb service")
    group.add_argument("--ca", default="", metavar="FILE", help="certificate authority of the archive, PEM")
    group.add_argument("--certificate", default="", metavar="FILE", help="our client certificate with its key, PEM")
    group.add_argument(
        "--proxy",
        default="",
        metavar="URL",
        help="of an HTTP proxy; its login comes from BRATS_SEGMENTER_PROXY_USER and _PASSWORD",
    )


def add_study_argument(parser: argparse.ArgumentParser, required: bool = True) -> None:
    """Which study."""
    parser.add_argument("--study", metavar="UID", required=required, help="Study Instance UID")


def archive_profile(arguments: argparse.Namespace, credentials: Credentials) -> Profile:
    """The profile that the arguments and the kind of credentials given describe."""
    if credentials.token:
        authentication = Authentication.BEARER
    elif credentials.user:
        authentication = Authentication.BASIC
    elif arguments.certificate:
        authentication = Authentication.CERTIFICATE
    else:
        authentication = Authentication.NONE
    return Profile(
        name=_host(arguments.archive),
        url=arguments.archive,
        authentication=authentication,
        ca_file=arguments.ca,
        certificate_file=arguments.certificate,
        proxy=arguments.proxy,
        names=_SETTING_NAMES,
    )


def _host(url: str) -> str:
    """What to call an archive that has no name, without what must not be in its address."""
    try:
        return urlsplit(url).netloc.rpartition("@")[2] or "--archive"
    except ValueError:
        return "--archive"


def open_archive(arguments: argparse.Namespace) -> Archive:
    """The archive of the arguments, with the credentials of the environment."""
    credentials = Credentials.from_environment()
    return Archive(archive_profile(arguments, credentials), credentials)


def optional_archive(arguments: argparse.Namespace) -> tuple[Profile | None, Credentials]:
    """The archive of the arguments where they name one, and the credentials of the environment."""
    credentials = Credentials.from_environment()
    return archive_profile(arguments, credentials) if arguments.archive else None, credentials


def add_date_arguments(parser: argparse.ArgumentParser) -> None:
    """Which days a study may be of; see :func:`require_period`."""
    parser.add_argument(
        "--from", dest="date_from", type=study_date, default="", metavar="YYYYMMDD", help="earliest study date"
    )
    parser.add_argument(
        "--to", dest="date_to", type=study_date, default="", metavar="YYYYMMDD", help="latest study date"
    )
    parser.set_defaults(refuse=parser.error)


def require_period(arguments: argparse.Namespace) -> None:
    """A usage error where no day lies between the two given: it would look as if there were no studies."""
    if arguments.date_from and arguments.date_to and arguments.date_from > arguments.date_to:
        arguments.refuse(f"--from {arguments.date_from} lies after --to {arguments.date_to}")


def add_segmentation_arguments(parser: argparse.ArgumentParser) -> None:
    """Model, device and the steps of the pre-processing that can be switched off."""
    add_bundle_argument(parser, "the model that segments")
    add_device_argument(parser)
    parser.add_argument("--resample-gaps", action="store_true", help="fill missing slices by interpolation")
    parser.add_argument("--postoperative", action="store_true", help="the patient was operated on: look for a cavity")
    add_step_arguments(parser)


def add_bundle_argument(parser: argparse.ArgumentParser, purpose: str) -> None:
    """Which model, by its name or where it lies; `purpose` begins the help."""
    names = ", ".join(segmenting_bundles()).replace("%", "%%")
    parser.add_argument(
        "--bundle",
        default=DEFAULT_BUNDLE,
        metavar="NAME",
        help=f"{purpose}: {names or 'none is installed'}, or the path of a bundle's folder (default: {DEFAULT_BUNDLE})",
    )


def add_device_argument(
    parser: argparse.ArgumentParser, choices: Collection[str] = DEVICES, default: str = "auto"
) -> None:
    """Where the networks compute."""
    parser.add_argument("--device", default=default, choices=choices)


def add_step_arguments(parser: argparse.ArgumentParser) -> None:
    """The steps of the pre-processing that can be switched off."""
    parser.add_argument("--no-registration", dest="registration", action="store_false")
    parser.add_argument("--no-bias-correction", dest="bias_correction", action="store_false")
    parser.add_argument("--no-brain-mask", dest="brain_mask", action="store_false")


def add_source_arguments(parser: argparse.ArgumentParser) -> None:
    """A study in an archive, or the DICOM files of a folder; see :func:`require_source`."""
    add_archive_arguments(parser, required=False)
    add_study_argument(parser, required=False)
    parser.add_argument(
        "--files",
        type=dicom_path,
        metavar="DIR",
        help="take the DICOM files of a folder and all below it instead; with --study those of that study alone",
    )
    parser.set_defaults(refuse=parser.error)


def add_files_arguments(parser: argparse.ArgumentParser) -> None:
    """A folder of DICOM files, and which study of it."""
    parser.add_argument(
        "files", type=dicom_path, metavar="DIR", help="take the DICOM files of a folder and all below it"
    )
    parser.add_argument(
        "--study", metavar="UID", help="Study Instance UID, where the folder holds several: take that one alone"
    )
    parser.set_defaults(refuse=parser.error)


@contextmanager
def naming_study_option() -> Iterator[None]:
    """Say, where the files are of several studies, by which option one of them is taken.

    Raises
    ------
    SeveralStudiesError
    """
    try:
        yield
    except SeveralStudiesError as error:
        error.advice = "Name one of them with --study UID; cohort --files takes them all, one after the other."
        raise


def require_source(arguments: argparse.Namespace) -> None:
    """A usage error where the arguments name neither a study in an archive nor a folder."""
    if arguments.files is None and not (arguments.archive and arguments.study):
        arguments.refuse("give --archive URL with --study UID, or --files DIR")


def require_other_folder(arguments: argparse.Namespace) -> None:
    """A usage error where the results would lie among the DICOM files: whoever reads those next would meet them."""
    if arguments.files is not None and arguments.out.resolve().is_relative_to(arguments.files.resolve()):
        arguments.refuse("--out must lie outside the folder with the DICOM files")


def add_override_argument(parser: argparse.ArgumentParser) -> None:
    """The user's word against the recognition's."""
    parser.add_argument(
        "--take",
        action="append",
        default=[],
        metavar="ROLE=KEY",
        type=_override,
        help="take the series with this key as T1, T1c, T2 or FLAIR; without a KEY the role is left out",
    )


@contextmanager
def naming_options(arguments: argparse.Namespace) -> Iterator[None]:
    """Say, where a series is refused, by which options of the command another one, or none, is taken all the same.

    Raises
    ------
    SeriesError, PreprocessingError
    """
    try:
        yield
    except (SeriesError, PreprocessingError) as error:
        error.advice = " ".join((error.advice, *_ways_out(arguments, error)))
        raise


def _ways_out(arguments: argparse.Namespace, error: BratsSegmenterError) -> Iterator[str]:
    if isinstance(error, GapError):
        yield "--resample-gaps agrees to that."
    if "take" in arguments:
        yield "--take ROLE=KEY takes another series for a role, --take ROLE= none; recognise prints the keys."


def _override(text: str) -> tuple[str, str]:
    role, _, key = text.partition("=")
    if role not in {sequence.value for sequence in Sequence}:
        raise argparse.ArgumentTypeError(f"'{role}' is none of {', '.join(s.value for s in Sequence)}")
    return role, key


def add_format_argument(parser: argparse.ArgumentParser) -> None:
    """Which DICOM objects to write."""
    kinds = [kind.name for kind in ObjectKind]
    parser.add_argument(
        "--formats",
        nargs="+",
        type=object_kind,
        default=[kinds[0]],
        choices=kinds,
        metavar="KIND",
        help=f"{', '.join(kinds)} (default: {kinds[0]})",
    )
    parser.add_argument(
        "--nested", action="store_true", help="whole tumour and tumour core as ROIs of the RTSTRUCT too"
    )
    parser.add_argument(
        "--smooth", action="store_true", help="RTSTRUCT with smoothed contours, for their look; the object says so"
    )


def contouring_from(arguments: argparse.Namespace) -> Contouring:
    """What the structure set draws, and how."""
    return Contouring(arguments.nested, arguments.smooth)


def add_unattended_arguments(parser: argparse.ArgumentParser) -> None:
    """Which studies, how they are segmented, and what none of them may lack."""
    add_archive_arguments(parser, required=False)
    parser.add_argument("--files", type=dicom_path, metavar="DIR", help="take the studies of a folder and all below it")
    parser.add_argument(
        "--description",
        action="append",
        default=[],
        metavar="PATTERN",
        help="only studies so described, for example '*brain*'; may be given several times",
    )
    names = [sequence.value for sequence in Sequence]
    parser.add_argument(
        "--needs",
        nargs="+",
        default=names,
        choices=names,
        metavar="ROLE",
        help="a study that lacks one of these waits for a person; all four when not given",
    )
    add_segmentation_arguments(parser)
    parser.add_argument("--out", type=absolute_path, required=True, metavar="DIR", help="holds a folder for each study")
    parser.set_defaults(refuse=parser.error)


def rules_from(arguments: argparse.Namespace) -> Rules:
    """What may be done to a study that nobody attends."""
    return Rules(
        arguments.bundle,
        arguments.device,
        steps_from(arguments),
        arguments.resample_gaps,
        arguments.postoperative,
        frozenset(map(Sequence, arguments.needs)),
    )


def unattended_source(
    arguments: argparse.Namespace,
    profile: Profile | None,
    credentials: Credentials,
    wanted: Wanted,
    passed_over: PassedOver,
    say: Callable[[str], None],
) -> StudySource:
    """The folder or, without one, the archive of the arguments; a usage error where they name neither."""
    if arguments.files is not None:
        return FolderSource(arguments.files, wanted, passed_over, say)
    if profile is None:
        arguments.refuse("give --archive URL or --files DIR")
    assert profile is not None, "a usage error has ended the program"
    return ArchiveSource(profile, credentials, wanted, say)


def require_destination(arguments: argparse.Namespace) -> None:
    """Nothing is segmented for an archive that is not named.

    Raises
    ------
    ArchiveError
    """
    if arguments.push and not arguments.archive:
        raise ArchiveError("There is no archive to store the results in.", "Give --archive URL, or leave --push out.")


def require_model(arguments: argparse.Namespace) -> Algorithm:
    """The model of the arguments: nothing is fetched for one, or for a device, that is not there.

    Raises
    ------
    BundleError
        There is no such bundle, or it is damaged.
    InferenceError
        This computer has no such device.
    """
    from BratsSegmenterLib.segmentation import choose_device, load_bundle_for

    bundle = load_bundle_for(arguments.bundle, arguments.postoperative)
    if arguments.device not in ("auto", "cpu"):  # which are always there, and torch takes seconds to load
        choose_device(arguments.device)
    return bundle.algorithm


def require_writable(folder: Path) -> None:
    """Make the folder of the results and write into it, before there is anything to lose.

    Raises
    ------
    DiskRefusedError
    OSError
        It cannot be a folder.
    """
    with explaining_disk(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass


def require_empty(folder: Path) -> None:
    """Keep the results out of a folder that holds anything: some of it would be written over, the rest lie among them.

    Raises
    ------
    ExportError
    OSError
        It is no folder.
    """
    if folder.exists() and any(folder.iterdir()):
        raise ExportError(f"The folder {folder} is not empty.", "Name another one with --out, or empty it.")


def require_writable_bundle(folder: Path) -> None:
    """The same for a bundle, whose folder is written beside its place and appears when it is whole.

    Raises
    ------
    DiskRefusedError, OSError
        As of :func:`require_writable`.
    """
    require_writable(folder.parent)
    if folder.exists():
        require_writable(folder)


def steps_from(arguments: argparse.Namespace) -> PreprocessingSteps:
    """The steps that were not switched off."""
    return PreprocessingSteps(arguments.registration, arguments.bias_correction, arguments.brain_mask)


def segment_job(arguments: argparse.Namespace, prepared: PrepareResult) -> SegmentJob:
    """Segment the series that were recognised or chosen, as the arguments say."""
    return SegmentJob(
        arguments.out,
        _chosen_keys(prepared, arguments.take),
        arguments.bundle,
        arguments.device,
        steps_from(arguments),
        arguments.resample_gaps,
        arguments.postoperative,
    )


def _chosen_keys(prepared: PrepareResult, overrides: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Role to series key: the recognition's choice, then the user's."""
    keys = {role: choice.key for role, choice in prepared.sequences.items()}
    keys |= {one.sequence: one.choice.key for one in prepared.borrowed} | dict(overrides)
    return {role: key for role, key in keys.items() if key}
