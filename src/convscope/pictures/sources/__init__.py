"""Sources of labelled pictures.

`open_source` recognises the kind of a source: a folder of class folders (`folder`), such folders in an
archive (`zip_archive`, `tar_archive`), a CSV or Parquet manifest (`manifest`), shards on the disk or in
object storage (`shards`, `shard`, `shard_files`), idx files (`idx`), the built-in pictures (`builtin`) or
arrays (`arrays`). All have the same interface (`source`). Folders on the disk and in archives share code
(`layout`, `structure`), and so do labels in tables and shards (`columns`, `labels`). Files that are left out
are counted (`left_out`).
"""

from convscope.pictures.sources.opening import Data as Data
from convscope.pictures.sources.opening import located as located
from convscope.pictures.sources.opening import open_source as open_source
from convscope.pictures.sources.source import Item as Item
from convscope.pictures.sources.source import Part as Part
from convscope.pictures.sources.source import Source as Source
