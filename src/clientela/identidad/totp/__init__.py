"""The second factor of staff: codes of an authenticator application (RFC 6238), one use each."""
