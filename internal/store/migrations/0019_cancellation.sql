-- +goose Up
-- When a record was asked to be given up, and by whom; 0 and nobody if it was not.
ALTER TABLE launch_record ADD COLUMN cancelled BIGINT NOT NULL DEFAULT 0;
ALTER TABLE launch_record ADD COLUMN cancelled_by TEXT NOT NULL DEFAULT '';
