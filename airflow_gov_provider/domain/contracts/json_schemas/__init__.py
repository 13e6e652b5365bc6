"""The part of JSON Schema that every engine decides exactly, without a row leaving it."""
