"""Prints a pytest report as `N passed, N failed`. A run that ended badly without a failing test counts as one failure."""

import sys
import xml.etree.ElementTree as ElementTree

report, code = sys.argv[1], int(sys.argv[2])
tests = failed = skipped = 0
try:
    for suite in ElementTree.parse(report).getroot().iter("testsuite"):
        tests += int(suite.get("tests", 0))
        failed += int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        skipped += int(suite.get("skipped", 0))
except (OSError, ElementTree.ParseError) as error:
    print(f"no pytest report: {error}")
if code != 0 and failed == 0:
    failed = 1
if skipped:
    print(f"{skipped} skipped")
print(f"{max(tests - failed - skipped, 0)} passed, {failed} failed")
