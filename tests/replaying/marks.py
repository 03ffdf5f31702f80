"""Where a replay is held and everything compared: at each, all three traders have copies open.

The streams end without a position, so that their end alone would prove little.
"""

#: UTC milliseconds since 1970, each the moment of an event: 2014-05-01 09:17 to 2014-05-07 18:24.
CHECKPOINTS = (
    1398935824561,
    1398944100295,
    1398955082246,
    1398963660192,
    1399022161185,
    1399032060122,
    1399043400210,
    1399049522475,
    1399278662514,
    1399286820241,
    1399311360006,
    1399359737228,
    1399373220265,
    1399378754388,
    1399389481591,
    1399451526209,
    1399462500341,
    1399464320536,
    1399471081307,
    1399487040639,
)
THE_END = "2014-05-08T00:00:00+00:00"
