"""Pictures: sources, decoding, preprocessing, storage, splits and batches.

In the order of the data flow:

1. `sources`: open a data set as a list of pictures with their classes and parts (training, validation, test).
   `listing`: the pictures below a folder one by one, if classes do not matter.
2. `reading`: decode one picture's bytes into pixels; `unidentified` explains why that fails. `decoding`:
   decode many, in threads.
3. `survey`: examine a sample of the pictures to choose the input size.
4. `preparation`: convert every picture to the network's input format, in training and prediction alike.
5. `store`: all prepared pictures as one memory-mapped array, made by `store_building` in the cache folder.
   `stream_blocks` replaces it if the disk is too small. `thumbnails`: a store for display.
6. `near_duplicates` and `groups`: which pictures belong together. `split`: divide the store into training,
   validation and test pictures, with the help of `group_draw`.
7. `augmentation` and `batches`: vary the pictures and hand them to the network batch by batch.
"""
