-- Which order each payment pays: by a person's decision, by what it says, by Monstock's own rows.
--
-- The core decides (function `link`), once for each distinct case: the orders that a payment's
-- references lead to are numbered 0, 1, 2 there, whichever they are.
CREATE TABLE staging.matches AS
SELECT names.n, names.position, orders.o
FROM staging.names JOIN staging.orders ON orders.id = names.value
WHERE names.field = 'id'
UNION ALL
SELECT names.n, names.position, orders.o
FROM staging.names JOIN staging.orders ON orders.number = names.value
WHERE names.field = 'number'
UNION ALL
SELECT names.n, names.position, orders.o
FROM staging.names JOIN staging.orders ON orders.channel_reference = names.value
WHERE names.field = 'channel_reference';

-- A shop's own number counts only where currency and amount fit, so those cases hold the amounts.
CREATE TABLE staging.link_orders AS
SELECT
    n, list(o ORDER BY id) AS found,
    list({
        'kind': kind, 'currency': CASE WHEN by_channel THEN currency END,
        'total': CASE WHEN by_channel THEN total END,
        'rows': CASE WHEN by_channel THEN (
            SELECT list({'amount': amount, 'refunded': refunded, 'currency': rows.currency,
                'status': status, 'ours': ours, 'this': coalesce(rows.n = matched.n, false)})
            FROM staging.rows WHERE rows.o = matched.o) END
    } ORDER BY id) AS orders
FROM (
    SELECT DISTINCT matches.n, orders.o, orders.id, orders.kind, orders.currency, orders.total,
        max(names.field = 'channel_reference') OVER (PARTITION BY matches.n) AS by_channel
    FROM staging.matches
    JOIN staging.names USING (n, position)
    JOIN staging.orders USING (o)
) AS matched
GROUP BY n;

CREATE TABLE staging.link_names AS
SELECT
    names.n,
    list({
        'rule': rule, 'field': field, 'tenant': tenant,
        'value': list_position(known, field || ' ' || value),
        'orders': places
    } ORDER BY position) AS names,
    max(field = 'channel_reference') AS by_channel
FROM staging.names
JOIN (
    SELECT n, list(DISTINCT field || ' ' || value ORDER BY field || ' ' || value) AS known
    FROM staging.names GROUP BY n
) USING (n)
LEFT JOIN (
    SELECT matches.n, position, list(list_position(found, o) - 1 ORDER BY o) AS places
    FROM staging.matches JOIN staging.link_orders USING (n) GROUP BY ALL
) AS matched USING (n, position)
GROUP BY names.n;

CREATE TABLE staging.link_asked AS
SELECT
    payments.n,
    CAST(to_json({
        'money': holds_money,
        'names': coalesce(names, []),
        'orders': coalesce(orders, []),
        'currency': CASE WHEN by_channel THEN currency END,
        'amount': CASE WHEN by_channel THEN amount END,
        'decision': decision
    }) AS VARCHAR) AS shape
FROM staging.payments
LEFT JOIN staging.link_names USING (n)
LEFT JOIN staging.link_orders USING (n)
LEFT JOIN staging.decisions USING (transaction_reference)
WHERE error IS NULL AND verdict = 'ours';

CREATE TABLE staging.link_cases AS
SELECT key, from_json(link(shape), '{
    "state": "VARCHAR", "rule": "VARCHAR", "orders": ["INTEGER"], "suggested": ["INTEGER"],
    "exception": "VARCHAR", "other": "INTEGER"}') AS answer
FROM (
    SELECT md5_number(shape) AS key, any_value(shape) AS shape
    FROM staging.link_asked GROUP BY ALL
);

CREATE TABLE staging.links_found AS
SELECT
    n, answer.state, answer.rule, answer.exception,
    list_transform(answer.orders, lambda i: found[i + 1]) AS orders,
    list_transform(answer.suggested, lambda i: found[i + 1]) AS suggested,
    found[answer.other + 1] AS other
FROM staging.link_asked
JOIN staging.link_cases ON key = md5_number(shape)
LEFT JOIN staging.link_orders USING (n);

DROP TABLE staging.link_asked;
DROP TABLE staging.link_orders;

CREATE TABLE staging.allocations AS
WITH parts AS (
    SELECT payments.n, from_json(decision, '[["JSON"]]') AS parts,
        unnest(range(1, CAST(json_array_length(decision) AS BIGINT) + 1)) AS position
    FROM staging.decisions
    JOIN staging.payments USING (transaction_reference)
    JOIN staging.links_found USING (n)
),
decided AS (
    SELECT parts.n, orders.o, TRY_CAST(parts[position][2]->>'$' AS BIGINT) AS amount, position
    FROM parts JOIN staging.orders ON orders.id = parts[position][1]->>'$'
),
-- Without a ledger the rows that say so tell of decisions.
by_row AS (
    SELECT rows.n, rows.o, rows.amount, rows.position, rows.link_rule, rows.ours,
        count(*) OVER (PARTITION BY rows.n) AS several
    FROM staging.rows
    JOIN staging.payments USING (n)
    WHERE rows.ours AND rows.own
    QUALIFY row_number() OVER (PARTITION BY rows.n, rows.o ORDER BY rows.position) = 1
),
row_decision AS (
    SELECT n, o, CASE WHEN several > 1 THEN amount END AS amount, position
    FROM by_row
    WHERE link_rule = 'decision' AND NOT getvariable('ledger')
)
SELECT n, o, amount, position, 'decision' AS rule FROM decided
UNION ALL
SELECT n, o, amount, position, 'decision' FROM row_decision
UNION ALL
SELECT n, unnest(orders), NULL, 1, rule FROM staging.links_found
WHERE state = 'linked' AND rule <> 'decision' AND n NOT IN (SELECT n FROM row_decision)
UNION ALL
SELECT by_row.n, by_row.o, CASE WHEN several > 1 THEN by_row.amount END, by_row.position, 'monstock'
FROM by_row JOIN staging.links_found USING (n)
WHERE links_found.state = 'unlinked' AND n NOT IN (SELECT n FROM row_decision);
