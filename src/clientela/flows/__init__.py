"""Work that joins several domains, one file a flow."""
