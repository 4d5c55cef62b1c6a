import { describe, expect, it } from 'vitest';
import { describeRelease } from '../../../../../shared/doctor/servicenow/check-release.ts';

const war = (family: string) => `glide-${family}-07-02-2024__patch4-hotfix1-10-21-2024.zip`;

describe('describeRelease', () => {
  it.each([
    { buildName: 'Xanadu', war: war('xanadu'), status: 'ok', says: /release Xanadu \(glide-xanadu-/ },
    { buildName: 'London', war: undefined, status: 'ok', says: /release London\.$/ },
    { buildName: undefined, war: war('australia'), status: 'ok', says: /release Australia \(/ },
    // The file that runs, not the name that was set.
    {
      buildName: 'Xanadu',
      war: war('kingston'),
      status: 'failed',
      says: /release Kingston, which is older than London/,
    },
    { buildName: 'JAKARTA', war: '', status: 'failed', says: /release Jakarta, which is older/ },
    { buildName: ' helsinki ', war: 'custom.war', status: 'failed', says: /release Helsinki, which is older/ },
    { buildName: '', war: '', status: 'notProven', says: /is not known: .* not readable/ },
    { buildName: undefined, war: undefined, status: 'notProven', says: /is not known/ },
    { buildName: '  ', war: 'custom.war', status: 'notProven', says: /is not known/ },
  ])('says $status of build $buildName and file $war', ({ buildName, war: file, status, says }) => {
    const found = describeRelease(buildName, file);
    expect(found.status).toBe(status);
    expect(found.message).toMatch(says);
    expect(found.remedy === undefined).toBe(status === 'ok');
  });

  it('cuts what an instance names itself', () => {
    const { message } = describeRelease('z'.repeat(10_000), `glide-${'y'.repeat(10_000)}`);
    expect(message.length).toBeLessThan(250);
  });
});
