mod compare;
mod condition;
mod legacy;
mod projection;
mod returned;
mod update;
