"""Everything that speaks SQL: the schema, the one transaction, and the questions asked of it.

Knows the pure rooms' types, never a broker, a codec or a page. Whoever changes a table here adds
a migration (an applied one is never edited) and looks at `queries` for those who read it.
"""
