// Values as the reader sees them: the same as the templates write (tables.cell).
const settings = JSON.parse(document.getElementById("data-settings").textContent);
const { spelling, words, labels } = settings;

function grouped(digits) {
  const groups = [];
  let size = spelling.grouping[0];
  while (digits.length > size) {
    groups.unshift(digits.slice(-size));
    digits = digits.slice(0, -size);
    size = spelling.grouping[1];
  }
  return [digits, ...groups].join(spelling.group);
}

// Amounts are whole numbers of minor units; beyond 2^53 they come as texts. Only digits are moved.
function amountText(amount, currency) {
  const sign = spelling.currencies[currency];
  let digits = String(amount);
  const negative = digits.startsWith("-") ? 1 : 0;
  digits = digits.slice(negative).padStart(sign.exponent + 1, "0");
  const whole = grouped(digits.slice(0, digits.length - sign.exponent));
  const rest = sign.exponent ? spelling.decimal + digits.slice(-sign.exponent) : "";
  return sign.before[negative] + whole + rest + sign.after[negative];
}

function numberText(number) {
  return (number < 0 ? spelling.minus : "") + grouped(String(Math.abs(number)));
}

function wordText(kind, key) {
  return words[kind]?.[key] ?? key;
}

function filled(text, values) {
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

function cellText(column, row) {
  const value = row[column.key];
  if (value === null || value === undefined || value === "" || value.length === 0) {
    return spelling.none;
  }
  switch (column.kind) {
    case "amount":
      return row.currency && (Number(value) !== 0 || column.zero)
        ? amountText(value, row.currency) : spelling.none;
    case "count": return numberText(value);
    case "date": return settings.days[value];
    case "word": return wordText(column.words, value);
    case "words": return value.map((key) => wordText(column.words, key)).join(", ");
    default: return String(value);
  }
}
