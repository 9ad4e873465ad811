"""Who a record belongs to: codes that go to the e-mail in it, one use each (CONTRACT §2, §12)."""
