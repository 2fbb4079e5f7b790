from convscope.studio.lesson.progress import Progress


def test_right_answers_are_kept_and_forgotten(tmp_path):
    path = tmp_path / "lesson.json"
    assert Progress(path).right() == set()
    Progress(path).add("relu/value")
    Progress(path).add("relu/value")
    Progress(path).add("image/count")
    assert Progress(path).right() == {"relu/value", "image/count"}
    Progress(path).forget()
    assert Progress(path).right() == set()


def test_a_damaged_file_counts_as_no_progress(tmp_path):
    for content in (b"{", b"3", b'["relu/value", 7]'):
        (tmp_path / "lesson.json").write_bytes(content)
        assert Progress(tmp_path / "lesson.json").right() <= {"relu/value"}
