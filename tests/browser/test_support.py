"""The helpers of the end-to-end tests do what they say, so that those can lean on them."""

import pytest

from tests.support.browser import consultation, perceives, received
from tests.support.server import running_server

pytestmark = pytest.mark.browser


async def test_a_consultation_reaches_both_people(tmp_path, open_browser):
    async with running_server(tmp_path) as server:
        clinic, hospital = await open_browser(), await open_browser()
        async with consultation(server, clinic, hospital) as pages:
            for page in (pages.station, pages.clinician):
                now = await perceives(page)
                assert (now.legs, len(now.remote)) == (1, 1)
                assert min(now.width, now.height) > 0
            # Both talk to one port, which is nobody's but the server's.
            station, clinician = await received(pages.station), await received(pages.clinician)
            assert station.remote == clinician.remote
            assert station.local != clinician.local
