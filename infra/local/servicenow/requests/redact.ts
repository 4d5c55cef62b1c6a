const secrets = new Set([
  'password',
  'user_password',
  'client_secret',
  'access_token',
  'refresh_token',
  'assertion',
  'authorization',
]);

/** A copy of `content` with every secret's value replaced, at any depth. */
export function redact(content: unknown): unknown {
  if (Array.isArray(content)) return content.map(redact);
  if (typeof content !== 'object' || content === null) return content;
  return Object.fromEntries(
    Object.entries(content).map(([name, value]) => [
      name,
      secrets.has(name.toLowerCase()) ? '[redacted]' : redact(value),
    ]),
  );
}
