"""One profile's line to its archive: requests with sentences for errors, retries and cancel."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import requests
from dicomweb_client import DICOMwebClient

from BratsSegmenterLib.archive.credentials import Credentials
from BratsSegmenterLib.archive.failures import TemporaryArchiveError, explaining
from BratsSegmenterLib.archive.multipart import boundary_of, encode, iterate_parts
from BratsSegmenterLib.archive.profile import Profile
from BratsSegmenterLib.archive.session import PacsSession
from BratsSegmenterLib.archive.threads import Stop, run_watched
from BratsSegmenterLib.logs import keep_identities_out_of_logs
from BratsSegmenterLib.progress import Progress

Result = TypeVar("Result")
_AS_STORED = 'multipart/related; type="application/dicom"; transfer-syntax=*'
_CHUNK_BYTES = 262_144


class Connection:
    """What search, fetch, store and the connection test speak through.

    dicomweb-client asks the queries. Its retrieval and storage are not used: it parses what should be kept as received,
    takes a cut stream for a whole one, resends a consumed body as an empty one and hides the failures of a 202.

    Parameters
    ----------
    profile : Profile
    credentials : Credentials
    retry_delays_s : tuple of float
        Waits between attempts; one attempt more than there are waits.
    """

    def __init__(self, profile: Profile, credentials: Credentials, retry_delays_s: tuple[float, ...]) -> None:
        keep_identities_out_of_logs()
        self.profile = profile
        self.retry_delays_s = retry_delays_s
        self.session = PacsSession(profile, credentials)
        self.client = DICOMwebClient(
            profile.url,
            session=self.session,
            qido_url_prefix=profile.qido_prefix or None,
            wado_url_prefix=profile.wado_prefix or None,
            stow_url_prefix=profile.stow_prefix or None,
            permissive_uid=True,  # what reaches it has passed our own check
        )
        self.client.set_http_retry_params(retry=False)

    def run(self, call: Callable[[Stop], Result], progress: Progress) -> Result:
        """Run one blocking call so that `progress` can cancel it within a fraction of a second."""
        (result,) = run_watched([call], progress.raise_if_cancelled, self.session.cut)
        return result

    def attempt(self, call: Callable[[], Result], stop: Stop) -> Result:
        """Call until it succeeds, fails for good or the waits are used up; for requests that change nothing.

        A wait is longer where the archive asks for that.

        Raises
        ------
        ArchiveError
            With the sentence of the last attempt.
        Cancelled
            `stop` was set.
        """
        for delay_s in self.retry_delays_s:
            try:
                return self.attempt_once(call, stop)
            except TemporaryArchiveError as error:
                stop.sleep(max(delay_s, error.wait_s))
        return self.attempt_once(call, stop)

    def attempt_once(self, call: Callable[[], Result], stop: Stop) -> Result:
        """Call, with errors explained; an error of a cut connection after a cancel is the cancel."""
        stop.raise_if_set()
        try:
            with explaining(self.profile, self.session.was_let_in):
                return call()
        except TemporaryArchiveError:
            stop.raise_if_set()
            raise

    @contextmanager
    def parts(self, path: str) -> Iterator[Iterator[Iterator[bytes]]]:
        """The DICOM files of a WADO-RS resource, as stored (transfer syntax ``*``), each a stream of bytes.

        Parameters
        ----------
        path : str
            Below the WADO base, for example ``studies/1.2/series/1.3``.
        """
        url = self.url(self.profile.wado_prefix, path)
        with self.session.get(url, headers={"Accept": _AS_STORED}, stream=True) as response:
            response.raise_for_status()
            chunks = response.iter_content(_CHUNK_BYTES)
            kind = response.headers.get("Content-Type", "")
            if kind.startswith("application/dicom") and "json" not in kind:
                yield iter([chunks])  # a single object without its envelope, as older archives send it
            else:
                yield iterate_parts(chunks, boundary_of(kind))

    def post(self, files: list[bytes], study_uid: str) -> requests.Response:
        """Send DICOM files by STOW-RS in one message; the answer may have any status."""
        body, content_type = encode(files)
        url = self.url(self.profile.stow_prefix, f"studies/{study_uid}" if study_uid else "studies")
        headers = {"Content-Type": content_type, "Accept": "application/dicom+json"}
        return self.session.post(url, data=body, headers=headers)

    def url(self, prefix: str, path: str) -> str:
        """Where a resource lies; `prefix` is one of the profile's."""
        return "/".join(piece for piece in (self.profile.url, prefix.strip("/"), path) if piece)
