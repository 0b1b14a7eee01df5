"""What the lab tests tell is order, not speed: a busy test machine must not decide, and a balancer that gets
no processor for 0.3 s is a hung one. The same for each file, alone or with the others; report.py and the
demo, which measure, run at ordinary priority."""
import pytest

from netlab import Lab
from stacks import Relais, start_webs

Relais.niceness = -15


@pytest.fixture(scope="module")
def lab():
    """All hosts of the lab, their web servers running; files with other wishes have a `lab` of their own."""
    with Lab() as built:
        start_webs(built)
        yield built
