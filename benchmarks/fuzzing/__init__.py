"""The parts of `benchmarks/fuzz.py`.

1. `reader`: code that reads untrusted bytes.
2. `files`: pictures and labelled pictures. `records`: files that convscope writes and reads again.
   `requests`: requests to the service and the studio, in this process and over sockets.
3. `damage`: modifications of valid inputs.
4. `judgement`: whether a reader behaved correctly.
"""
