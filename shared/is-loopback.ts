/** Whether a URL's host is this machine itself: plain HTTP is allowed there, and certificates of stand-ins. */
export function isLoopback(url: string): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].includes(new URL(url).hostname);
}
