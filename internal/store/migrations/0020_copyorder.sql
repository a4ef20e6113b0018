-- +goose Up
-- What a copy that is under way takes, and where it goes.
ALTER TABLE product_copy ADD COLUMN work_order TEXT NOT NULL DEFAULT '{}';
