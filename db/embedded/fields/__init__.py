"""Where values lie in a document, and what is common to reading and writing them."""
