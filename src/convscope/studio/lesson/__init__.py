"""The lesson: a course of the seven steps, on the numbers of a real network and a real picture.

material     a picture's way through a network, computed by `convscope.steps`
exhibit      what is shown: feature maps, small grids of numbers, arithmetic
question     what is asked, and how an answer is checked
image, convolution, relu, pooling, flattening, full_connection, softmax
             the exhibit and the questions of each step
course       the seven in their order
progress     which questions were answered correctly
routes       the lesson's addresses, and those of the loss bench

Every correct answer is computed when it is asked for; none is written down.
"""
