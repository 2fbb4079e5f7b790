"""Sources: where labelled pictures come from, recognised without being told.

`open_source` takes what a person gives and finds out what it is: a folder of class folders (`folder`), such
folders in an archive (`archive`), a CSV or Parquet manifest (`manifest`), shards on the disk or in object
storage (`shards`, `places`), idx files (`idx`), the built-in digits (`builtin`) or arrays (`arrays`). All of
them answer to the same few questions (`source`); the names of folders mean the same on the disk and in an
archive (`layout`).
"""

from convscope.pictures.sources.opening import Data as Data
from convscope.pictures.sources.opening import located as located
from convscope.pictures.sources.opening import open_source as open_source
from convscope.pictures.sources.source import Item as Item
from convscope.pictures.sources.source import Part as Part
from convscope.pictures.sources.source import Source as Source
