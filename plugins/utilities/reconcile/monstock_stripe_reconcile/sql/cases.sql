-- What the core says of each distinct shape, and each order with what was said of its own.
CREATE TABLE staging.cases AS
SELECT shape, from_json(outcome(shape), '{
    "error": "VARCHAR", "status": "VARCHAR", "due": "BIGINT", "net": "BIGINT",
    "outside": "BIGINT", "disputed": "BIGINT", "authorized": "BIGINT", "shown_net": "BIGINT",
    "awaited": "BIGINT", "released": "BOOLEAN", "release_reason": "VARCHAR",
    "found": [{"reason": "VARCHAR", "amount": "BIGINT", "currency": "VARCHAR",
        "payment": "INTEGER", "row": "INTEGER", "facts": "VARCHAR"}]}') AS answer
FROM (SELECT DISTINCT shape FROM staging.asked);

CREATE TABLE staging.compared AS
SELECT o, divisor, answer FROM staging.asked JOIN staging.cases USING (shape);

DROP TABLE staging.asked;
DROP TABLE staging.cases;
