"""What the city should be told: rules and alerts, as pure functions.

Knows the city's vocabulary and nothing else: no clock, no broker, no database. Time comes in with
batches and ticks, transitions go out. A change here changes what people are woken for; the
back-test over a recorded day is its proof. Indices of air and water stand apart in `indices`.
"""
