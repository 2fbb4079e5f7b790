"""The lesson: the seven steps, learning and overfitting, with the numbers of a real network and picture.

material     the steps of a network for a picture, computed by `convscope.steps`
exhibit      exhibits: feature maps, small grids of numbers, arithmetic
question     questions, and how answers are checked
by_hand      a drawing and a filter with whole numbers
image, convolution, relu, pooling, flattening, full_connection, softmax
             the exhibit and the questions of each step
shifting     a shifted picture, before and after pooling
learning     gradient descent of one weight, and backpropagation
overfitting  three recorded trainings of the same network
course       the nine pages in their order
sheet        all questions on paper, without and with answers
progress     the correctly answered questions
routes       the routes of the lesson and of the loss bench

All correct answers are computed on demand; none is stored.
"""
