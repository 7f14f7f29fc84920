def test_tables_match(database):
    from casefile.migrate import differences
    assert differences(database) == []
