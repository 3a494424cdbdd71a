"""How much one page may hold: far beyond anything real, and little enough that nothing below gives way.

Beyond these a page is refused as a whole, which is seen and costs nothing; trying to read it could take
hours, or more memory than the worker has, and the whole process with it.
"""

from __future__ import annotations

# The texts of an Arrow column have 32-bit offsets; written as JSON a byte becomes at most six.
MOST_BYTES = 256 * 2**20

# No version gives more than 2,000 trackings a page; 30 scans each are many.
MOST_RECORDS = 100_000
MOST_SCANS = 1_000_000

# What that comes to in braces: a record has two legs, each with an object of milestones. Only a body larger
# than any real one is counted.
MOST_OBJECTS = 5 * MOST_RECORDS + MOST_SCANS + 4
LARGE_BODY = 16 * 2**20

# Bytes of an id or courier code. Both are repeated for every scan, so a long one would fill a column alone.
LONGEST_NAME = 500

# Objects and lists inside each other in one record, where its page is too deep to be read at once; real ones
# have four. Everything that looks into a record bears several times as many.
MOST_DEPTH = 50
