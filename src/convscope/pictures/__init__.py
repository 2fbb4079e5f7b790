"""Pictures: where they come from, how they are read, prepared, stored, split and put into batches.

The way of the data, in order:

1. `sources`: what a person gives is opened as a list of pictures with their classes and parts.
   `listing`: those below a folder, one by one, where nobody asks for classes.
2. `reading`: one picture's bytes become pixels. `decoding`: many do, in threads.
3. `survey`: a sample of them is looked at, and a size is chosen from what is seen.
4. `preparation`: every picture is brought into that one form, in training and in prediction alike.
5. `store`: all of them are decoded once, into one memory-mapped array (`store_folder`) in the user's `cache`.
   `thumbnails` are a store of their own, for people to look at.
6. `split`: the store is divided into training, validation and test pictures.
7. `augmentation` and `batches`: pictures are varied, and handed to the network some at a time.
"""
