import { KafkaJSProtocolError } from 'kafkajs';
import { whileSettling } from './while-settling';

const settling = Object.assign(new KafkaJSProtocolError('no leader yet'), { retriable: true });
/** As kafkajs reads what it has lost. */
const lost = (): string => (null as unknown as { topicMetadata: string }).topicMetadata;

describe('whileSettling', () => {
  test.each([
    ['the broker’s own word', () => Promise.reject(settling)],
    ['what kafkajs makes of it', async () => lost()],
  ])('tries again after %s', async (_, fails) => {
    const work = jest.fn<Promise<string>, []>().mockImplementationOnce(fails).mockResolvedValue('there');
    await expect(whileSettling(work, 1)).resolves.toBe('there');
    expect(work).toHaveBeenCalledTimes(2);
  });

  test('says what is the matter where it does not settle', async () => {
    await expect(whileSettling(async () => lost(), 1)).rejects.toThrow('are all of them up?');
    await expect(whileSettling(() => Promise.reject(settling), 1)).rejects.toBe(settling);
  });

  test.each([
    ['a mistake of our own', new TypeError('no function')],
    ['what is so for good', Object.assign(new KafkaJSProtocolError('not allowed'), { retriable: false })],
  ])('gives up at once after %s', async (_, error) => {
    const work = jest.fn(() => Promise.reject(error));
    await expect(whileSettling(work, 1)).rejects.toBe(error);
    expect(work).toHaveBeenCalledTimes(1);
  });
});
