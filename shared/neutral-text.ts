/** Names of attributes whose values never leave the order, whatever a mapping says. */
const SECRET_NAME =
  /pass(word|wd|phrase|code)?\d*$|passw|passcode|passphrase|pwd|secret|credential|token|(private|api|ssh|access|recovery|activation).?(key|code)|(^|[^a-z])(pin|otp|pw)([^a-z]|$)|[a-z](Pin|PIN|Otp|OTP)([^a-z]|$)|kennwort|mot.?de.?passe/i;

/** `password: value` and the like in running text, `user_password=value` and `"password":"value"` too. */
const SECRET_IN_TEXT =
  /\b(\w*(?:passw(?:or[dt]|d)|passphrase|passcode|pwd|secret|token|kennwort)|pass|mot de passe)(["']?\s*(?:is|=|:)\s*)(?:"[^"\n]*"?|'[^'\n]*'?|\S+)/gi;

/** Whether an attribute's name says that its value is a secret. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name);
}

/**
 * Text from orders and tickets, made safe to stand in a ticket, a result or a log: control characters and lone
 * surrogates replaced, journal markup (`[code]`) and templates (`{{`, `${`) taken apart, what looks like a password
 * masked, cut to `longest` characters.
 */
export function neutralText(text: string, longest: number): string {
  // Far more than can be kept is cut before anything looks at it: texts come in any size.
  const most = 2 * longest + 1_000;
  const clean = text
    .slice(0, most)
    .toWellFormed()
    .replace(/\r\n?/g, '\n')
    .replace(/(?!\n)[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, ' ')
    .replace(/\[(\/?)code\]/gi, '($1code)')
    .replace(/\{(?=\{)/g, '{ ')
    .replace(/\}(?=\})/g, '} ')
    .replaceAll('${', '$ {')
    .replace(SECRET_IN_TEXT, '$1$2***')
    .trim();
  if (clean.length <= longest && text.length <= most) return clean;
  return `${clean
    .slice(0, Math.max(longest - 1, 0))
    .toWellFormed()
    .replace(/\ufffd$/, '')}…`;
}

/** The same on one line. */
export function neutralLine(text: string, longest: number): string {
  const lines = text.split(/[\r\n]+/);
  return neutralText(
    lines
      .map((line) => line.trim())
      .filter((line) => line !== '')
      .join(' '),
    longest,
  );
}
