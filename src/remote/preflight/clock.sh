# The time, in seconds since 1970 with their fractions.
date +%s.%N
