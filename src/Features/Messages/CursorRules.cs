using FluentValidation;
using Intotes.Chat.Hosting;

namespace Intotes.Chat.Features.Messages;

public static class CursorRules
{
    /// <summary>A cursor of this service, or none; anything else is <c>invalid_cursor</c>.</summary>
    public static IRuleBuilderOptions<T, string?> IsCursor<T>(this IRuleBuilder<T, string?> rule) => rule
        .Must(text => text is null || Cursor.IsCursor(text)).WithMessage("Must be a cursor or message id that this service gave.")
        .WithErrorCode(Problem.InvalidCursor.Code);
}
