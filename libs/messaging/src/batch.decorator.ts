import {
  applyDecorators,
  type ArgumentsHost,
  Catch,
  type RpcExceptionFilter,
  UseFilters,
} from '@nestjs/common';
import { EventPattern } from '@nestjs/microservices';
import { type Observable, throwError } from 'rxjs';

/** What a handler of batches says about its subscription, as the extras of Nest's `@EventPattern`. */
export interface SubscriptionExtras {
  /** Names without the deployment's prefix. */
  topics: string[];
  /** Added to the group's id, for a subscription with a group of its own: `.workforce`. */
  groupSuffix?: string;
}

/** Nest's own filter replaces every error by "Internal server error"; the strategy must see which it was. */
@Catch()
class PassErrorsOn implements RpcExceptionFilter {
  catch(error: unknown, _host: ArgumentsHost): Observable<never> {
    return throwError(() => error);
  }
}

/**
 * Registers a method for the batches of some topics: `handle(@Payload() batch: PartitionBatch, @Ctx() context: BatchContext)`.
 * One method a pattern. Plain `@EventPattern(pattern, extras)` does as well, but its errors have lost their message.
 */
export function BatchPattern(pattern: string, extras: SubscriptionExtras): MethodDecorator {
  return applyDecorators(EventPattern(pattern, extras), UseFilters(new PassErrorsOn()));
}
