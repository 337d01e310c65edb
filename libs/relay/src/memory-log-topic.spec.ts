import { logTopicContract, MemoryBroker } from '#libs/relay/testing';

jest.setTimeout(30_000);

// The stand-in of the relay's unit tests obeys the rules that the real broker is held to in messaging's integration test.
logTopicContract('the log topic in memory', () => Promise.resolve(new MemoryBroker()));
