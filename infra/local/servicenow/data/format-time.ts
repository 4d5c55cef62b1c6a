/** The instance's way to write a time: UTC to the second, "yyyy-MM-dd HH:mm:ss", without a zone. */
export function formatTime(time: Date): string {
  return time.toISOString().slice(0, 19).replace('T', ' ');
}
