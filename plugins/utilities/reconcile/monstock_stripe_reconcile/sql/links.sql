-- Which order each payment pays: by a person's decision, by what it says, by Monstock's own rows.
--
-- The core decides (function `link`), once for each distinct case: the orders that a payment's
-- references lead to are numbered 0, 1, 2 there, whichever they are.
CREATE TABLE staging.matches AS
SELECT names.n, names.position, orders.o, orders.kind
FROM staging.names JOIN staging.orders ON orders.id = names.value
WHERE names.field = 'id'
UNION ALL
SELECT names.n, names.position, orders.o, orders.kind
FROM staging.names JOIN staging.orders ON orders.number = names.value
WHERE names.field = 'number'
UNION ALL
SELECT names.n, names.position, orders.o, orders.kind
FROM staging.names JOIN staging.orders ON orders.channel_reference = names.value
WHERE names.field = 'channel_reference';

-- A shop's own number counts only where currency and amount fit, so those cases hold the amounts.
CREATE TABLE staging.by_channel AS
SELECT DISTINCT n FROM staging.names WHERE field = 'channel_reference';

CREATE TABLE staging.channel_orders AS
SELECT n, list({'o': o, 'currency': currency, 'total': total, 'rows': rows}) AS fits
FROM (
    SELECT DISTINCT matches.n, orders.o, orders.currency, orders.total
    FROM staging.matches JOIN staging.by_channel USING (n) JOIN staging.orders USING (o)
)
LEFT JOIN (
    SELECT by_channel.n, rows.o, list({'amount': amount, 'refunded': refunded,
        'currency': rows.currency, 'status': status, 'ours': ours,
        'this': coalesce(rows.n = by_channel.n, false)}) AS rows
    FROM staging.by_channel
    JOIN (SELECT DISTINCT n, o FROM staging.matches) AS matched USING (n)
    JOIN staging.rows ON rows.o = matched.o
    GROUP BY ALL
) USING (n, o)
GROUP BY n;

-- Payments that name the same things, all of which lead to one order or to none, are one case
-- whichever order that is; each other payment is a case of its own. One of each case is asked for.
CREATE TABLE staging.link_classes AS
WITH led AS (
    SELECT n, min(o) AS o, any_value(kind) AS kind,
        -- A payment with more names than a number has bits is a case of its own.
        min(o) = max(o) AND max(position) < 62 AS is_one,
        sum(CAST(1 AS BIGINT) << least(position, 61)) AS positions
    FROM staging.matches GROUP BY n
)
SELECT
    n, o, names_shape IS NOT NULL AND coalesce(is_one, true) AS is_plain, decision,
    CASE WHEN is_plain
        THEN concat_ws(chr(10), names_shape, holds_money, coalesce(decision, '-'), positions, kind)
        ELSE CAST(n AS VARCHAR) END AS class
FROM staging.payments
LEFT JOIN led USING (n)
LEFT JOIN staging.decisions USING (transaction_reference)
WHERE error IS NULL AND verdict = 'ours';

CREATE TABLE staging.link_asked AS
WITH one_of_each AS (
    SELECT class, min(n) AS n, any_value(decision) AS decision
    FROM staging.link_classes GROUP BY class
),
named AS (
    SELECT n,
        list_sort(list({'position': names.position, 'rule': rule, 'field': field, 'value': value,
            'tenant': tenant, 'o': matches.o, 'kind': matches.kind})) AS names
    FROM staging.names
    JOIN one_of_each USING (n)
    LEFT JOIN staging.matches USING (n, position)
    GROUP BY n
),
numbered AS (
    SELECT n, names,
        list_sort(list_distinct(list_transform(names, lambda one: one.o))) AS found,
        list_transform(names, lambda one: one.field || one.value) AS known
    FROM named
)
SELECT
    class, found,
    concat_ws(chr(10),
        CASE WHEN holds_money THEN 'money' ELSE '' END,
        coalesce(decision, '-'),
        coalesce(array_to_string(list_transform(names, lambda one: concat_ws('|', one.rule,
            one.field, list_position(known, one.field || one.value), coalesce(one.tenant, ''),
            coalesce(list_position(found, one.o) - 1, -1), coalesce(one.kind, ''))), ';'), ''),
        CASE WHEN fits IS NOT NULL THEN CAST(to_json({
            'currency': currency, 'amount': amount,
            'orders': list_transform(fits, lambda one: {'place': list_position(found, one.o) - 1,
                'currency': one.currency, 'total': one.total, 'rows': one.rows})
        }) AS VARCHAR) ELSE '' END) AS shape
FROM one_of_each
JOIN staging.payments USING (n)
LEFT JOIN numbered USING (n)
LEFT JOIN staging.channel_orders USING (n);

CREATE TABLE staging.link_cases AS
SELECT shape, from_json(link(shape), '{
    "state": "VARCHAR", "rule": "VARCHAR", "orders": ["INTEGER"], "suggested": ["INTEGER"],
    "exception": "VARCHAR", "other": "INTEGER"}') AS answer
FROM (SELECT DISTINCT shape FROM staging.link_asked);

CREATE TABLE staging.links_found AS
WITH answered AS (
    SELECT n, CASE WHEN is_plain THEN [o] ELSE found END AS found, answer
    FROM staging.link_classes
    JOIN staging.link_asked USING (class)
    JOIN staging.link_cases USING (shape)
)
SELECT
    n, answer.state, answer.rule, answer.exception,
    list_transform(answer.orders, lambda i: found[i + 1]) AS orders,
    list_transform(answer.suggested, lambda i: found[i + 1]) AS suggested,
    found[answer.other + 1] AS other
FROM answered;

DROP TABLE staging.link_asked;
DROP TABLE staging.link_classes;
DROP TABLE staging.matches;

CREATE TABLE staging.allocations AS
WITH parts AS (
    SELECT payments.n, from_json(decision, '[["JSON"]]') AS parts,
        unnest(range(1, CAST(json_array_length(decision) AS BIGINT) + 1)) AS position
    FROM staging.decisions
    JOIN staging.payments USING (transaction_reference)
    JOIN staging.links_found USING (n)
),
-- An order that is not there keeps its part, by a number that no order has; see findings.sql.
decided AS (
    SELECT parts.n, coalesce(orders.o, -position) AS o,
        TRY_CAST(parts[position][2]->>'$' AS BIGINT) AS amount, position,
        parts[position][1]->>'$' AS order_id
    FROM parts
    LEFT JOIN staging.orders
        ON orders.id = parts[position][1]->>'$' AND orders.kind = 'order'
),
-- Without a ledger the rows that say so tell of decisions.
by_row AS (
    SELECT n, o, min_by(amount, position) AS amount, min(position) AS position,
        min_by(link_rule, position) AS link_rule,
        count(*) OVER (PARTITION BY n) AS several
    FROM staging.rows
    JOIN staging.links_found USING (n)
    WHERE ours AND own
        AND o IN (SELECT o FROM staging.orders WHERE kind = 'order')
        AND (links_found.state = 'unlinked'
            OR (link_rule = 'decision' AND NOT getvariable('ledger')))
    GROUP BY n, o
),
row_decision AS (
    SELECT n, o, CASE WHEN several > 1 THEN amount END AS amount, position
    FROM by_row
    WHERE link_rule = 'decision' AND NOT getvariable('ledger')
)
SELECT n, o, amount, position, 'decision' AS rule, order_id FROM decided
UNION ALL
SELECT n, o, amount, position, 'decision', NULL FROM row_decision
UNION ALL
SELECT n, unnest(orders), NULL, 1, rule, NULL FROM staging.links_found
WHERE state = 'linked' AND rule <> 'decision' AND n NOT IN (SELECT n FROM row_decision)
UNION ALL
SELECT by_row.n, by_row.o, CASE WHEN several > 1 THEN by_row.amount END, by_row.position, 'monstock',
    NULL
FROM by_row JOIN staging.links_found USING (n)
WHERE links_found.state = 'unlinked' AND n NOT IN (SELECT n FROM row_decision);
