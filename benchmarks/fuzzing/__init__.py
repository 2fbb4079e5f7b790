"""What `benchmarks/fuzz.py` is made of.

1. `reader`: something that reads bytes which anybody may have written.
2. `files`: pictures and labelled pictures. `records`: what convscope writes and reads back. `requests`: what
   is sent to the service and the studio, in this process and over sockets.
3. `damage`: what is done to whole inputs.
4. `judgement`: whether a reader did what it may.
"""
