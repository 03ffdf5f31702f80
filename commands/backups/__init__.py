"""`backup`, `restore`, `migrate`: what they insist on before anything is changed."""
