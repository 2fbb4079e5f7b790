"""The lesson: the seven steps, learning and overfitting, on the numbers of a real network and picture.

material     a picture's way through a network, computed by `convscope.steps`
exhibit      what is shown: feature maps, small grids of numbers, arithmetic
question     what is asked, and how an answer is checked
by_hand      a drawing and a filter of whole numbers
image, convolution, relu, pooling, flattening, full_connection, softmax
             the exhibit and the questions of each step
shifting     a picture that moves, before and after pooling
learning     one weight going downhill, and the error going back
overfitting  three recorded trainings of the same network
course       the nine pages in their order
sheet        all questions on paper, without and with answers
progress     which questions were answered correctly
routes       the lesson's addresses, and those of the loss bench

Every correct answer is computed when it is asked for; none is written down.
"""
