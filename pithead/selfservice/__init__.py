"""The API of those who mine at the pool, for the page they sign in to.

What each question does is what `poolapi` and `pooladmin` do for the same user.
"""
