import { readFile, writeFile } from 'node:fs/promises';

/** What the process had until now counts no more for its peak. */
export async function forgetPeak(pid: number): Promise<void> {
  await writeFile(`/proc/${pid}/clear_refs`, '5').catch(() => {});
}

/** The most memory that a process had since then, in megabytes, as Linux tells it; -1 where nothing tells. */
export async function peakMegabytes(pid: number): Promise<number> {
  try {
    const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kilobytes === undefined ? -1 : Number(kilobytes) / 1024;
  } catch {
    return -1;
  }
}
