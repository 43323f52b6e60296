"""The page kit: from a request to a session to an answer, in the reader's language."""
