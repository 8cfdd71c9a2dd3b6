import { Body, Param, Query } from '@nestjs/common';
import type { PipeTransform } from '@nestjs/common';
import { checkedId } from './change.ts';
import { validated, type Dto } from './validate.ts';

class DtoPipe<T extends object> implements PipeTransform {
  constructor(
    private readonly dto: Dto<T>,
    private readonly root: string,
  ) {}

  transform(value: unknown): T {
    return validated(this.dto, value ?? {}, this.root);
  }
}

/** An id that cannot exist is simply not there; it never reaches the database. */
class IdPipe implements PipeTransform {
  transform(value: string): string {
    return checkedId(value);
  }
}

export const ValidBody = <T extends object>(dto: Dto<T>) => Body(new DtoPipe(dto, 'body'));
export const ValidQuery = <T extends object>(dto: Dto<T>) => Query(new DtoPipe(dto, 'query'));
export const Id = (name = 'id') => Param(name, new IdPipe());
