import sys

import conf  # noqa: F401
from django.core.management import execute_from_command_line

execute_from_command_line(sys.argv)
