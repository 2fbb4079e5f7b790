"""The lesson: a course of the seven steps, on the numbers of a real network and a real picture.

material     a picture's way through a network, computed by `convscope.steps`
exhibit      what is shown: maps, small grids of numbers, arithmetic
question     what is asked, and how an answer is judged
image, convolution, relu, pooling, flattening, full_connection, softmax
             what each step shows and asks
course       the seven in their order
progress     which questions a person has answered right

Every right answer is computed when it is asked for; none is written down anywhere.
"""
