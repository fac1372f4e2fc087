-- Each order with what was said of its case.
CREATE TABLE staging.compared AS
SELECT o, divisor, answer FROM staging.asked JOIN staging.cases USING (shape);

DROP TABLE staging.asked;
DROP TABLE staging.cases;
