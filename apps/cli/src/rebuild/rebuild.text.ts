import { grouped } from '../output';
import { type RebuildReport } from './rebuild';

/** What no topic of ours says, and what to do about each. */
export const NOT_RESTORED = [
  "flows: save them again before workers start ('flows apply'); their versions are counted from 1 again",
  "conversations and their messages: once workers have read the workforce, 'replay run' with --type conversation.started.v1, " +
    'conversation.message.v1 and conversation.ended.v1 brings back what the input topics still hold',
  'outcomes of conversations: what flows made of them is there, they themselves are not',
  'identities of events that led to nothing: an outcome no flow wanted, a command that changed nothing; sent again, they are applied',
  'what an event said that led to an activity: another payload under its identity is a duplicate, and not counted as another',
  'what operators did: dead letters that were redriven or discarded are open again',
] as const;

/** The report for people: what was restored, what was not, and what comes next. */
export function rebuildLines(report: RebuildReport): string[] {
  const { tasks, activities, rejections, identities, shards, shardsThere, rejectionsGone, positions } =
    report;
  const there = shardsThere > 0 ? `, beside ${shardsThere} that were there already` : '';
  const gone =
    rejectionsGone > 0
      ? [
          `${grouped(rejectionsGone)} rejections that the topic no longer has, and the identities of their commands`,
        ]
      : [];
  return [
    `restored: ${grouped(tasks)} tasks, ${grouped(activities)} activities, ${grouped(rejections)} rejections and ` +
      `${grouped(identities)} identities in ${shards - shardsThere} shards${there}`,
    `input partitions: ${positions.group} go on where the group was, ${positions.causes} behind their last known event, ` +
      `${positions.unknown} at their beginning`,
    'people, teams, calendars and policies: a worker reads them from their topic when it starts',
    'not restored:',
    ...[...gone, ...NOT_RESTORED].map((line) => `- ${line}`),
  ];
}
